using UnityEngine;
using UnityEngine.UI;

namespace GanrtUnity
{
    /// <summary>Shows a player's avatar in the RawImage beside it; until it is there, what that shows already.</summary>
    [RequireComponent(typeof(RawImage))]
    [AddComponentMenu("ganrt/Avatar Image")]
    public sealed class AvatarImage : MonoBehaviour
    {
        [SerializeField, Tooltip("The player's name or id")]
        string player = "";
        [Tooltip("Higher ones are drawn first")]
        public int priority;

        AvatarPicture own;
        int request; // what comes for an earlier one is thrown away

        /// <summary>The player's name or id; null or empty shows nobody.</summary>
        public string Player
        {
            get { return player; }
            set
            {
                player = value;
                if (isActiveAndEnabled)
                    Ask();
            }
        }

        void OnEnable() { Ask(); }

        void OnDisable() { request++; }

        void OnDestroy()
        {
            if (own != null)
                own.Release();
        }

        void Ask()
        {
            int number = ++request;
            if (string.IsNullOrEmpty(player))
                Show(null);
            else
                AvatarKit.Shared.Request(player, (avatar, problem) => Arrive(number, avatar, problem), priority);
        }

        void Arrive(int number, AvatarPicture avatar, string problem)
        {
            if (this == null || number != request)
            {
                if (avatar != null)
                    avatar.Release();
                return;
            }
            if (avatar == null)
                Debug.LogWarning("The avatar of '" + player + "': " + problem, this);
            else
                Show(avatar);
        }

        void Show(AvatarPicture avatar)
        {
            var image = GetComponent<RawImage>();
            if (own != null)
                own.Release();
            own = avatar;
            image.texture = avatar == null ? null : avatar.Texture;
            if (avatar != null)
                image.uvRect = avatar.Uv;
        }
    }
}
