using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using UnityEngine;
using UnityEngine.Networking;

namespace GanrtUnity
{
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
        static readonly string[] files = { "spec.json", "controls.json", "builtin/model.drawer", "builtin/canary.raw" };
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

        sealed class Ask
        {
            public string Player;
            public int Priority;
            public Action<Texture2D, string> Ready;
        }

        readonly Queue<Ask> asked = new Queue<Ask>();
        GanrtAvatars avatars;
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
        /// The avatar of a player's name or id. `ready` is called in a later frame, with a texture that is the caller's to
        /// destroy, or with null and the reason.
        /// </summary>
        public void Request(string player, Action<Texture2D, string> ready, int priority = 0)
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
                foreach (string name in files)
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
            var options = new GanrtAvatars.Options { Width = side, Height = side, Round = roundMask, Queue = MostInFlight };
            try
            {
                if (diskCache)
                {
                    options.Cache = Path.Combine(Application.persistentDataPath, "ganrt-avatars");
                    options.CacheBytes = 64 << 20;
                    Directory.CreateDirectory(options.Cache);
                }
                avatars = new GanrtAvatars(folder, options);
            }
            catch (Exception error) when (error is GanrtAvatarsException || error is IOException || error is UnauthorizedAccessException
                                          || error is DllNotFoundException || error is BadImageFormatException || error is EntryPointNotFoundException)
            {
                Problem = folder + ": " + error.Message;
                Debug.LogError(Problem, this);
            }
        }

        void Update()
        {
            while (asked.Count > 0 && (Problem != null || avatars != null && inFlight < MostInFlight))
                Send(asked.Dequeue());
            if (avatars != null)
                avatars.Poll(budget);
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
            if (picture.Pixels == null)
                ask.Ready(null, GanrtAvatars.Sentence(picture.Status));
            else
                ask.Ready(ToTexture(picture), null);
        }

        /// <summary>Unity's textures begin at the bottom.</summary>
        static Texture2D ToTexture(GanrtAvatars.Picture picture)
        {
            int row = 4 * picture.Width;
            var flipped = new byte[picture.Pixels.Length];
            for (int y = 0; y < picture.Height; y++)
                Buffer.BlockCopy(picture.Pixels, y * row, flipped, (picture.Height - 1 - y) * row, row);
            var texture = new Texture2D(picture.Width, picture.Height, TextureFormat.RGBA32, false);
            texture.wrapMode = TextureWrapMode.Clamp;
            texture.LoadRawTextureData(flipped);
            texture.Apply(false, true);
            return texture;
        }

        void OnDestroy()
        {
            if (shared == this)
                shared = null;
            if (avatars != null)
                avatars.Dispose();
            avatars = null;
        }
    }
}
