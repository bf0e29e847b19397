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

        Texture2D own;
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
                Destroy(own);
        }

        void Ask()
        {
            int number = ++request;
            if (string.IsNullOrEmpty(player))
                Show(null);
            else
                AvatarKit.Shared.Request(player, (texture, problem) => Arrive(number, texture, problem), priority);
        }

        void Arrive(int number, Texture2D texture, string problem)
        {
            if (this == null || number != request)
            {
                if (texture != null)
                    Destroy(texture);
                return;
            }
            if (texture == null)
                Debug.LogWarning("The avatar of '" + player + "': " + problem, this);
            else
                Show(texture);
        }

        void Show(Texture2D texture)
        {
            if (own != null)
                Destroy(own);
            own = texture;
            GetComponent<RawImage>().texture = texture;
        }
    }
}
