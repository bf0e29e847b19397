using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using UnityEngine;
using UnityEngine.Networking;

namespace GanrtUnity
{
    /// <summary>A picture that somebody asked for, until Release: `Texture`, of which `Uv` is shown.</summary>
    public sealed class AvatarPicture
    {
        public Texture2D Texture { get; internal set; }
        public Rect Uv { get; internal set; }
        internal Action Given;

        /// <summary>Destroys the texture, or gives the place in the atlas back; once.</summary>
        public void Release()
        {
            Action given = Given;
            Given = null;
            if (given != null)
                given();
        }
    }

    /// <summary>
    /// One kit for the whole game, opened from StreamingAssets; hands over textures, for `budget` microseconds a frame.
    /// AvatarImage makes one by itself, with the defaults below. Put one into the first scene to choose others.
    /// </summary>
    [DefaultExecutionOrder(-1000)] // its Awake comes before any AvatarImage asks for a kit
    [DisallowMultipleComponent]
    [AddComponentMenu("ganrt/Avatar Kit")]
    public sealed class AvatarKit : MonoBehaviour
    {
        const int MostInFlight = 64; // of ganrt_avatars_options.queue; what is asked for meanwhile waits here
        static readonly string[] files = { "spec.json", "controls.json", "builtin/model.drawer", "builtin/canary.raw", Graph };
        const string Graph = "fp32/model.onnx"; // of backends that are not built in
        static AvatarKit shared;

        [Tooltip("The kit's folder, below StreamingAssets")]
        public string kit = "kit";
        [Tooltip("Pixels a side; 0: the model's own")]
        public int side;
        public bool roundMask;
        [Tooltip("Keep drawn pictures from one start to the next")]
        public bool diskCache;
        [Tooltip("Microseconds a frame")]
        public int budget = 2000;
        [Tooltip("What draws, in order of preference, such as: onnxruntime-directml, builtin; empty: builtin")]
        public string backends = "";
        [Tooltip("The paths of their libraries; empty: where the system looks")]
        public string onnxRuntime = "", openVino = "";
        [Range(0, 16384), Tooltip("Pixels a side of one texture that holds all avatars; 0: each has a texture of its own")]
        public int atlasSide;

        sealed class Ask
        {
            public string Player;
            public int Priority;
            public Action<AvatarPicture, string> Ready;
        }

        readonly Queue<Ask> asked = new Queue<Ask>();
        GanrtAvatars avatars;
        Texture2D atlas;
        int inFlight;

        /// <summary>Why nothing is drawn, or null.</summary>
        public string Problem { get; private set; }

        public static AvatarKit Shared
        {
            get
            {
                if (shared == null)
                    new GameObject("Avatars").AddComponent<AvatarKit>();
                return shared;
            }
        }

        /// <summary>
        /// The avatar of a player's name or id. `ready` is called in a later frame, with a picture that is the caller's to
        /// release, or with null and the reason.
        /// </summary>
        public void Request(string player, Action<AvatarPicture, string> ready, int priority = 0)
        {
            asked.Enqueue(new Ask { Player = player, Priority = priority, Ready = ready });
        }

        void Awake()
        {
            if (shared != null)
            {
                Destroy(this);
                return;
            }
            shared = this;
            DontDestroyOnLoad(gameObject);
        }

        IEnumerator Start()
        {
            string folder = Path.Combine(Application.streamingAssetsPath, kit);
            if (folder.Contains("://")) // within Android's package, where only Unity reads
            {
                string copy = Path.Combine(Application.persistentDataPath, "ganrt-kit");
                Directory.CreateDirectory(Path.Combine(copy, "builtin"));
                Directory.CreateDirectory(Path.Combine(copy, "fp32"));
                foreach (string name in Given(backends) == null ? Array.FindAll(files, one => one != Graph) : files)
                    using (UnityWebRequest get = UnityWebRequest.Get(folder + "/" + name))
                    {
                        yield return get.SendWebRequest();
                        if (get.result == UnityWebRequest.Result.Success)
                            File.WriteAllBytes(Path.Combine(copy, name), get.downloadHandler.data);
                    }
                folder = copy;
            }
            Open(folder);
        }

        void Open(string folder)
        {
            var options = new GanrtAvatars.Options
            {
                Width = side, Height = side, Round = roundMask, Queue = MostInFlight, Backends = Given(backends),
                OnnxRuntime = Given(onnxRuntime), OpenVino = Given(openVino),
                AtlasWidth = atlasSide, AtlasHeight = atlasSide, AtlasGap = 1
            };
            try
            {
                if (diskCache)
                {
                    options.Cache = Path.Combine(Application.persistentDataPath, "ganrt-avatars");
                    options.CacheBytes = 64 << 20;
                    Directory.CreateDirectory(options.Cache);
                }
                if (atlasSide > 0)
                    atlas = new Texture2D(atlasSide, atlasSide, TextureFormat.RGBA32, false);
                avatars = new GanrtAvatars(folder, options);
                if (atlas != null)
                    Filled(atlas, avatars.Atlas, false);
            }
            catch (Exception error) when (error is GanrtAvatarsException || error is IOException || error is UnauthorizedAccessException
                                          || error is DllNotFoundException || error is BadImageFormatException || error is EntryPointNotFoundException
                                          || error is OverflowException || error is UnityException)
            {
                Problem = folder + ": " + error.Message;
                Debug.LogError(Problem, this);
            }
        }

        static string Given(string text) { return string.IsNullOrEmpty(text) ? null : text; }

        /// <summary>A line for each backend that was tried: that it draws, or what is wrong.</summary>
        public string Report { get { return avatars == null ? Problem : avatars.Report; } }

        void Update()
        {
            while (asked.Count > 0 && (Problem != null || avatars != null && inFlight < MostInFlight))
                Send(asked.Dequeue());
            bool drawn = avatars != null;
            try
            {
                drawn = drawn && avatars.Poll(budget) > 0;
            }
            finally // a callback may have thrown; the others' pictures are there
            {
                if (drawn && atlas != null)
                    Filled(atlas, avatars.Atlas, false);
            }
        }

        void Send(Ask ask)
        {
            try
            {
                if (Problem == null)
                {
                    avatars.RequestName(ask.Player, picture => Deliver(picture, ask), ask.Priority);
                    inFlight++;
                    return;
                }
            }
            catch (Exception error) when (error is GanrtAvatarsException || error is ArgumentException)
            {
                ask.Ready(null, error.Message);
                return;
            }
            ask.Ready(null, Problem);
        }

        void Deliver(GanrtAvatars.Picture picture, Ask ask)
        {
            inFlight--;
            if (picture.Status != 0)
                ask.Ready(null, GanrtAvatars.Sentence(picture.Status));
            else
                ask.Ready(atlas == null ? OfTexture(ToTexture(picture)) : OfAtlas(picture), null);
        }

        static AvatarPicture OfTexture(Texture2D texture)
        {
            return new AvatarPicture { Texture = texture, Uv = new Rect(0, 0, 1, 1), Given = () => Destroy(texture) };
        }

        /// <summary>The atlas begins at the top, and Unity's textures at the bottom: the picture is shown upside down.</summary>
        AvatarPicture OfAtlas(GanrtAvatars.Picture picture)
        {
            float part = 1f / atlasSide;
            var uv = new Rect(picture.X * part, (picture.Y + picture.Height) * part, picture.Width * part, -picture.Height * part);
            return new AvatarPicture { Texture = atlas, Uv = uv, Given = () => { if (avatars != null) avatars.FreeCell(picture.X, picture.Y); } };
        }

        /// <summary>Unity's textures begin at the bottom.</summary>
        static Texture2D ToTexture(GanrtAvatars.Picture picture)
        {
            int row = 4 * picture.Width;
            var flipped = new byte[picture.Pixels.Length];
            for (int y = 0; y < picture.Height; y++)
                Buffer.BlockCopy(picture.Pixels, y * row, flipped, (picture.Height - 1 - y) * row, row);
            return Filled(new Texture2D(picture.Width, picture.Height, TextureFormat.RGBA32, false), flipped, true);
        }

        static Texture2D Filled(Texture2D texture, byte[] pixels, bool forGood)
        {
            texture.wrapMode = TextureWrapMode.Clamp;
            texture.LoadRawTextureData(pixels);
            texture.Apply(false, forGood);
            return texture;
        }

        void OnDestroy()
        {
            if (shared == this)
                shared = null;
            if (avatars != null)
                avatars.Dispose();
            avatars = null;
            if (atlas != null)
                Destroy(atlas);
        }
    }
}
